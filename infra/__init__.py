"""The program's components: declarations only, one noun a file. Data flows settings -> components -> exports."""
