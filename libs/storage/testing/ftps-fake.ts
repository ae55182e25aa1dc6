import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';

/** A strict FTP server that speaks explicit TLS only (RFC 4217) and keeps files in memory. */
export interface FtpsFake {
  readonly port: number;
  /** PEM, for `localhost`. */
  readonly certificate: string;
  readonly files: Map<string, Buffer>;
  readonly commands: readonly string[];
  /** Keeps all but the last byte of what it is sent, and says nothing of it. */
  losesBytes: boolean;
  close(): Promise<void>;
}

interface Session {
  directory: string;
  isPrivate: boolean;
  isLoggedIn: boolean;
  renamed: string;
  user: string;
  /** The data connection that comes after EPSV. */
  data: Promise<Socket> | null;
}

/** Commands that may be given before the login. */
const BEFORE_LOGIN = new Set(['USER', 'PASS', 'OPTS', 'QUIT', 'FEAT']);

export async function startFtpsFake(login: { readonly user: string; readonly password: string }): Promise<FtpsFake> {
  const { key, certificate } = makeCertificate();
  const context = createSecureContext({ key, cert: certificate });
  const commands: string[] = [];
  const files = new Map<string, Buffer>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.write('220 ready\r\n');
    createInterface(socket).once('line', (line) => {
      commands.push(line);
      if (line !== 'AUTH TLS') return socket.end('530 AUTH TLS first\r\n');
      socket.write('234 go on\r\n', () => serve(secured(socket, context)));
      return undefined;
    });
  });
  const fake = { port: 0, certificate, files, commands, losesBytes: false, close: closeAll };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(fake, { port: (server.address() as AddressInfo).port });

  function serve(socket: TLSSocket): void {
    const session: Session = { directory: '/', isPrivate: false, isLoggedIn: false, renamed: '', user: '', data: null };
    const reply = (text: string): void => void socket.write(`${text}\r\n`);
    createInterface(socket).on('line', (line) => {
      const [, verb = '', argument = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      commands.push(verb === 'PASS' ? 'PASS' : line);
      if (!session.isLoggedIn && !BEFORE_LOGIN.has(verb)) reply('530 log in first');
      else void answer(session, verb, argument, reply);
    });
  }

  async function answer(session: Session, verb: string, argument: string, reply: (text: string) => void): Promise<void> {
    const path = posix.resolve(session.directory, argument);
    switch (verb) {
      case 'USER':
        session.user = argument;
        return reply('331 password');
      case 'PASS':
        session.isLoggedIn = session.user === login.user && argument === login.password;
        return reply(session.isLoggedIn ? '230 welcome' : '530 no');
      case 'PROT':
        session.isPrivate = argument === 'P';
        return reply('200 ok');
      case 'CWD':
        session.directory = path;
        return reply('250 ok');
      case 'EPSV':
        return reply(`229 here (|||${await listenForData(session)}|)`);
      case 'STOR':
        return receive(session, path, reply);
      case 'SIZE':
        return reply(files.has(path) ? `213 ${files.get(path)?.length}` : '550 not found');
      case 'RNFR':
        session.renamed = path;
        return reply(files.has(path) ? '350 to what' : '550 not found');
      case 'RNTO':
        files.set(path, files.get(session.renamed) ?? Buffer.alloc(0));
        files.delete(session.renamed);
        return reply('250 ok');
      case 'DELE':
        return reply(files.delete(path) ? '250 ok' : '550 not found');
      case 'TYPE':
      case 'STRU':
      case 'PBSZ':
        return reply('200 ok');
      default:
        return reply('502 unknown');
    }
  }

  async function listenForData(session: Session): Promise<number> {
    const passive = createServer().listen(0, '127.0.0.1');
    await once(passive, 'listening');
    session.data = new Promise((resolve) => {
      passive.once('connection', (socket) => {
        sockets.add(socket.on('error', () => undefined));
        passive.close();
        resolve(socket);
      });
    });
    return (passive.address() as AddressInfo).port;
  }

  async function receive(session: Session, path: string, reply: (text: string) => void): Promise<void> {
    if (session.data === null || !session.isPrivate) return reply('522 PROT P and EPSV first');
    const socket = await session.data;
    session.data = null;
    reply('150 send');
    const chunks: Buffer[] = [];
    for await (const chunk of secured(socket, context)) chunks.push(chunk as Buffer);
    const all = Buffer.concat(chunks);
    files.set(path, fake.losesBytes ? all.subarray(0, -1) : all);
    return reply('226 done');
  }

  async function closeAll(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

function secured(socket: Socket, secureContext: SecureContext): TLSSocket {
  return new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined);
}

function makeCertificate(): { key: string; certificate: string } {
  const scratch = mkdtempSync(join(tmpdir(), 'recgate-certificate-'));
  const [key, certificate] = [join(scratch, 'key'), join(scratch, 'certificate')];
  const common = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...common, ...names], { stdio: 'ignore' });
  const made = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  rmSync(scratch, { recursive: true });
  return made;
}
