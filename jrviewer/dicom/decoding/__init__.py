"""From a data set to pixel values, in a child process where the codec is not trusted."""
