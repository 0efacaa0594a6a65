"""Orders, ship notices and invoices into a Tryton: sales, incoming shipments, supplier invoices."""
