"""How sure a value is: resamples of the images, intervals, and paired differences of two results.

What is drawn, and how often, follows from the names of the images alone, so two results of the
same images are made of the same resamples and pair without their prediction files.
"""
