"""Plain numbers of how near an image or a cloud comes to its reference."""
