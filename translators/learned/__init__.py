"""Forms learned from the translators: the same documents, written at the speed of text.

The translators say what a set means, and nobody else does. Sets of one partner are alike: the same
segments, elements and codes, with other numbers and texts. What the translator makes of one of them
is taken apart once into text that stays and holes for the values (`form`); the next set that is
written the same way is a match of a pattern and a text filled in (`line_sets`). Whatever is not
plain, tells a finding, or has not been seen before goes to the translator.
"""
