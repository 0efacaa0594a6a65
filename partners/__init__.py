"""Who we trade with, as data: profiles, their inheritance, and who a file belongs to."""
