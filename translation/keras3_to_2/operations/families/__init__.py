"""Operations of Keras 3 by family: a module declares `OPERATIONS`."""
