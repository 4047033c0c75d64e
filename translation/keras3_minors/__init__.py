"""Between minor versions of Keras 3: known defects in files, and arguments that older versions do not know."""
