import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { filesBelow } from '#libs/testing';

/** A real FTP server (pyftpdlib, Debian's `python3-pyftpdlib`) on an empty directory. */
export interface FtpServer {
  readonly port: number;
  /** Makes a directory below the root. */
  makeDirectory(path: string): void;
  /** Puts a file there, as another client would. */
  write(path: string, bytes: Buffer): void;
  read(path: string): Buffer | null;
  discard(path: string): void;
  /** Paths of all files, hidden ones included. */
  files(): string[];
  /** From now on nothing is permitted but entering directories and writing files; called with false to end it. */
  onlyWrites(on: boolean): void;
  /** Commands it received, in order, with their arguments; passwords are masked by the server. */
  commands(): string[];
  close(): Promise<void>;
}

export interface FtpServerOptions {
  readonly user: string;
  readonly password: string;
  /** Lets `anonymous` write, too. Default: false. */
  readonly anonymous?: boolean;
}

const PROGRAM = `
import json, logging, os, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
options = json.loads(sys.argv[1])
class Authorizer(DummyAuthorizer):
    def has_perm(self, username, perm, path=None):
        if os.path.exists(options["onlyWrites"]) and perm not in "ew": return False
        return super().has_perm(username, perm, path)
class Handler(FTPHandler):
    def pre_process_command(self, line, cmd, arg):
        with open(options["log"], "a") as log: log.write(("PASS" if cmd == "PASS" else line) + "\\n")
        super().pre_process_command(line, cmd, arg)
logging.basicConfig(level=logging.CRITICAL)
Handler.auth_failed_timeout = 0.1
Handler.authorizer = Authorizer()
Handler.authorizer.add_user(options["user"], options["password"], options["root"], perm="elradfmw")
if options["anonymous"]: Handler.authorizer.add_anonymous(options["root"], perm="elw")
server = FTPServer(("127.0.0.1", 0), Handler)
print(server.address[1], flush=True)
server.serve_forever(handle_exit=False)
`;

export async function startFtpServer({ user, password, anonymous = false }: FtpServerOptions): Promise<FtpServer> {
  const scratch = mkdtempSync(join(tmpdir(), 'recgate-ftp-'));
  const at = (name: string): string => join(scratch, name);
  const root = at('root');
  mkdirSync(root);
  writeFileSync(at('log'), '');
  const options = { user, password, anonymous, root, onlyWrites: at('only-writes'), log: at('log') };
  const server = spawn('/usr/bin/python3', ['-W', 'ignore', '-c', PROGRAM, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await Promise.race([
    once(createInterface(server.stdout), 'line'),
    once(server, 'exit').then(() => ['the FTP server did not start: is python3-pyftpdlib installed?']),
  ])) as [string];
  if (!/^\d+$/.test(line)) throw new Error(line);
  return {
    port: Number(line),
    makeDirectory: (path) => void mkdirSync(join(root, path), { recursive: true }),
    write: (path, bytes) => writeFileSync(join(root, path), bytes),
    read: (path) => (filesBelow(root).includes(path) ? readFileSync(join(root, path)) : null),
    discard: (path) => rmSync(join(root, path)),
    files: () => filesBelow(root),
    onlyWrites: (on) => (on ? writeFileSync(at('only-writes'), '') : rmSync(at('only-writes'))),
    commands: () => readFileSync(at('log'), 'utf8').trim().split('\n'),
    async close() {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Whether a file is one that an upload has not finished. */
export function isPart(path: string): boolean {
  return /^\..*\.part$/.test(basename(path));
}
