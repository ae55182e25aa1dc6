/** Bits of a file's mode that nobody but its owner may have. */
const OTHERS = 0o077;

/** From here on files and directories that this process and its Redis make are for its own user alone: they hold what people said. */
export function keepFilesPrivate(): void {
  process.umask(process.umask() | OTHERS);
}
