"""SAP IDocs as XML: segments from canonical documents, checked against tables."""
