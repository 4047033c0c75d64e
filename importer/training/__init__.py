"""How the new model goes on training: compiled as the old one was, with the state of its optimizer."""
