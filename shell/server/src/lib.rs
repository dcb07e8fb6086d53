//! The product binary: subcommands, threads, configuration.
