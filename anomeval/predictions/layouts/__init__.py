"""Layouts that other people's predictions come in: folders of maps, and masks beside them.

A layout is one module with a `LAYOUT`: a name, how to recognize it, and how to open it as a
`PredictionFile`. `folder` is the simplest to copy; a new one is added to `registry`. What is true
of the images often lies elsewhere; `truth` finds the reader for it, whatever the maps are.
"""
