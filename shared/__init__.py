"""What functions share: kernel, contracts, runtime and one package per context."""
