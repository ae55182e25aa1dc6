import { RecgateError } from '#libs/recording-model';
import { decodedPath, safeUploadUrl } from '../shared/upload-url.js';

/** Where a file lies at an FTP server. */
export interface FtpAddress {
  /** The file's URL without credentials. */
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** Absolute. */
  readonly directory: string;
  readonly fileName: string;
}

const FTP_PORT = 21;

/**
 * Takes the URL of a file apart.
 * @throws RecgateError `destination.rejected`
 */
export function ftpAddressOf(text: string): FtpAddress {
  const { url } = safeUploadUrl(text, 'ftp');
  const { protocol, hostname, port, pathname } = new URL(url);
  const path = decodedPath(pathname);
  const cut = path.lastIndexOf('/');
  const fileName = path.slice(cut + 1);
  if (fileName === '') throw new RecgateError('destination.rejected', 'The upload URL names no file');
  return {
    url,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? FTP_PORT : Number(port),
    isSecure: protocol === 'ftps:',
    directory: path.slice(0, cut) || '/',
    fileName,
  };
}
