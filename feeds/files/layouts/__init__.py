"""The layouts of market-data files. To add one, add an entry:

- to ``with_header.py`` if the file has a header line, otherwise to ``headerless.py``;
- to the tests' samples (``tests/support/samples_*.py``), with a few rows and what they mean;
- to the table of layouts in ``docs/replay.md``.

``layout.py`` describes the fields of an entry. ``feeds.files.recognition`` picks the entry that fits a file.
"""
