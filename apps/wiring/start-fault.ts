import { RecgateError } from '#libs/recording-model';

/** What the system says of an address that cannot be listened on, in words that name the settings to look at. */
const ADDRESS_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is used by another process; choose another port (http.port, media.websocketPort)',
  EADDRNOTAVAIL: 'is no address of this machine (http.host, media.address)',
  EACCES: 'may not be used by this user',
  EPERM: 'may not be used by this user',
  ENOTFOUND: 'is not known (http.host, media.address)',
  EAI_AGAIN: 'is not known at the moment (http.host, media.address)',
};

type SystemFault = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number; readonly hostname?: string };

/**
 * Why a process could not start, for whoever started it: addresses, directories and Redis.
 * @returns null for what nobody foresaw; its stack then says more than words
 */
export function startFault(thrown: unknown): string | null {
  if (thrown instanceof RecgateError) return thrown.message;
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return null;
  const { code = '', address, port, hostname, path, syscall, message } = thrown as SystemFault;
  const place = hostname ?? (address === undefined ? null : [address, port].filter((part) => part !== undefined).join(':'));
  const words = ADDRESS_FAULTS[code];
  if (place !== null && words !== undefined) return `${place} ${words}`;
  // The message of a file error says what was done to which file.
  return path === undefined || syscall === undefined ? null : message;
}
