import { assertNever, type Destination } from '#libs/recording-model';

/**
 * Name of a file at its destination: the key or address that the instruction gives; where that is a folder (it ends with
 * `/`) or missing, the generated name in it. An FTP directory is always a folder, and no folders are made in it.
 * @param generated the vendor's name for the file, safe as a path
 */
export function objectNameIn(destination: Destination, generated: string): string {
  switch (destination.kind) {
    case 's3':
    case 'gcs':
    case 'azure-blob':
      return destination.key === null ? generated : inFolder(destination.key, generated);
    case 'http-upload':
      return inFolder(destination.url, generated.split('/').map(encodeURIComponent).join('/'));
    case 'ftp-upload':
      return inFolder(`${destination.url.replace(/\/$/, '')}/`, encodeURIComponent(generated.replaceAll('/', '_')));
    case 'media-store':
    case 'none':
      return generated;
    default:
      return assertNever(destination, 'destination');
  }
}

function inFolder(place: string, generated: string): string {
  return place.endsWith('/') ? `${place}${generated}` : place;
}
