// What a publication asks of the system: files on a disk, and which processes there are. A failure is an error with the system's code
// for it, such as ENOSPC.

export interface Permissions {
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
}

export interface Found {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly permissions: Permissions;
  readonly modifiedMs: number;
  /** Where a link leads, in the words of the link. */
  readonly leadsTo?: string;
}

export interface OpenFile {
  /** How many bytes were read: fewer than there is room for at the end alone. */
  read(into: Uint8Array): Promise<number>;
  /** All of them, behind what was written before. */
  write(bytes: Uint8Array): Promise<void>;
  /** What is in the file is on the disk when it resolves. The file's name is not. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** Of a link, the link itself. Undefined: there is nothing. */
  look(path: string): Promise<Found | undefined>;
  list(dir: string): Promise<readonly string[]>;
  /** To be read. */
  open(path: string): Promise<OpenFile>;
  /** A new file, to be written. Owner and group as far as the system lets us. */
  create(path: string, permissions?: Permissions): Promise<OpenFile>;
  /** Takes the place of a file that is there, at once. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** What names the directory has is on the disk when it resolves. */
  syncDirectory(dir: string): Promise<void>;
}

export interface Processes {
  /** Eight hexadecimal digits that tell machines apart on which one process number may be two processes. */
  readonly host: string;
  readonly pid: number;
  /** When this process was started, on the machine's steady clock: a number is given out again, at another time. */
  readonly startedMs: number;
  isRunning(pid: number): boolean;
  nowMs(): number;
}
