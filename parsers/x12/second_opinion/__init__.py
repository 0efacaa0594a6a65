"""What pyx12, a validator that is not ours, says of an interchange by our own tables.

`maps` writes our dictionary in pyx12's form, `fair_copy` gives an interchange a form it can read,
`verdict` lets it judge, `comparison` sets its verdict beside ours and `differences` explains what
differs; `listing` is pyx12's own report. pyx12 and lxml are slow to import and to run: only who asks
for a second opinion imports these modules.
"""
