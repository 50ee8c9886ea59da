"""What reading and writing share: attributes, parsed data sets, planes, tables, files."""
