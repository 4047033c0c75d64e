"""Files older than Keras 2: rules as data, one for each class, that spell a model of Keras 1 as Keras 2.15 does."""
