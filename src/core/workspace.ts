/**
 * The folder that a Promotion's steps share. Paths are the config's own strings; `..` and absolute paths are clamped to
 * the root as Kargo does, a link that leads outside is an error, and a `.git` component is never writable.
 */
export interface Workspace {
  readonly root: string
  /** Absolute path for reading. Throws Invalid when a link leads outside. */
  readable(path: string): Promise<string>
  /** Absolute path for writing: also refuses `.git` components. Parents are not made. */
  writable(path: string): Promise<string>
  /**
   * Removes a file, a link (never what it points to) or a folder with everything in it; resolves with false when there
   * is nothing. Throws Invalid when the path leaves the workspace (`..` is not clamped here), is its root, passes a link
   * that leads outside, or has a `.git` component.
   */
  remove(path: string): Promise<boolean>
  /** Copies a file, or a folder into another. Links are skipped, and so is whatever `skips` says. */
  copy(from: string, to: string, options?: CopyOptions): Promise<void>
  /** The file's content, read through a handle that was checked after it was opened. Throws NotFound, TooLarge. */
  read(path: string, maxBytes?: number): Promise<Buffer>
  /**
   * Replaces the file's content, keeping its mode (new files: `mode`, default 0600). Folders on the way are made with
   * mode 0700.
   */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<void>
  /** Where the git directory of the working tree at this path lives (outside the workspace), if it is one. */
  gitDirOf(path: string): Promise<string | undefined>
  /** Makes the path a working tree: an empty folder, with an empty folder outside the workspace for its git directory. */
  makeWorkTree(path: string): Promise<{ readonly workTree: string; readonly gitDir: string }>
  /** The working trees below the one at this path, but not below each other, as paths relative to it. */
  workTreesBelow(path: string): Promise<readonly string[]>
  /**
   * Forgets a working tree and removes its files, and the folders on the way to it that are empty then: for a checkout that
   * failed half way.
   */
  dropWorkTree(path: string): Promise<void>
  /** Calls this once when the workspace is removed: for what a step borrowed for as long as its files are there. */
  onRemove(release: () => Promise<void>): void
  /** A path or a message with the workspace's own folder left out. */
  display(text: string): string
}

export interface CopyOptions {
  /** Asked with the path below `from` (its own name when `from` is a file), `/` as separator. */
  readonly skips?: ((path: string, isFolder: boolean) => boolean) | undefined
  readonly signal?: AbortSignal | undefined
}
