"""Builds the demonstration predictions in ``sample_data/``.

``textures`` cuts normal crops out of photographs, ``defects`` damages some of them and keeps the
ground-truth mask, ``samples`` plans the splits, ``detectors`` holds the two one-class detectors,
and ``write`` puts images and predictions on disk.
"""
