import { Inject, Injectable } from '@nestjs/common';
import { deleteFile, planExpiry, type Catalogued, type CataloguedFile, type FileCatalogue } from '#libs/orchestration';
import { RecgateError, type JsonObject, type JsonValue } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { FlexmlAccessNames } from './flexml-access-names.js';
import { FlexmlStorage } from './flexml-storage.js';
import type { TakenUpload, UploadedData } from './flexml-upload.js';
import { wavDurationMs } from './wav-duration.js';

type StoredFile = Catalogued<CataloguedFile>;

/** Uploads and changes of files (contract §4.1, §4.4). */
@Injectable()
export class FlexmlFileWrites {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly storage: FlexmlStorage,
    private readonly names: FlexmlAccessNames,
  ) {}

  /**
   * Takes the bytes of an upload in; what comes after them may still change the file.
   * @param object fields that came before the bytes; null: none has yet
   * @throws RecgateError `destination.full`, `destination.missing`, `field.invalid`
   */
  async take(
    application: DoorApplication,
    object: JsonObject | null,
    data: UploadedData,
  ): Promise<TakenUpload<StoredFile>> {
    const catalogue = this.storage.of(application);
    const input = flexml.readFileInput(object ?? {});
    const sid = this.gateway.ports.ids.uuid();
    const container = input.containerSid ?? (await catalogue.containers.defaultFor(application.view));
    const inContainer = (await catalogue.containers.get(container))?.body.fields ?? {};
    const { extension, contentType, name } = describe(input.fields, data);
    refuseUnwanted(inContainer, extension, contentType);
    const { file_access_name: accessName, ...given } = input.fields;
    if (isName(accessName)) await this.names.refuseTaken(catalogue, sid, container, accessName);
    const fields = { ...flexml.fileFieldsIn(inContainer), name: name === '' ? sid : name, ...given };
    const stored = await catalogue.upload({ sid, container, extension, contentType, fields }, data.bytes);
    const known = await this.withDuration(catalogue, stored);
    await planExpiry(this.gateway.ports, catalogue, known);
    const undo = async () => void (await deleteFile(this.gateway.ports, catalogue, sid));
    const finish = async (late: JsonObject) => {
      const more = { ...(isName(accessName) ? { file_access_name: accessName } : {}), ...late };
      if (Object.keys(more).length === 0) return known;
      try {
        return await this.change(application, known, flexml.readFileInput(more), false);
      } catch (thrown) {
        await undo();
        throw thrown;
      }
    };
    return { finish, undo };
  }

  /** Deletes a file with its recordings; false when there was none. @throws RecgateError `request.conflict` */
  async delete(application: DoorApplication, sid: string): Promise<boolean> {
    const catalogue = this.storage.of(application);
    const file = await catalogue.get(sid);
    if (file === null || !(await deleteFile(this.gateway.ports, catalogue, sid))) return false;
    await this.names.release(catalogue, sid, file.body.container, file.body.fields['file_access_name']);
    return true;
  }

  /**
   * Changes fields of a file, its container among them.
   * @param whole true: fields that are not named get their defaults
   * @throws RecgateError `destination.full`, `destination.missing`, `request.conflict`
   */
  async change(
    application: DoorApplication,
    file: StoredFile,
    { fields, containerSid }: flexml.FileInput,
    whole: boolean,
  ): Promise<StoredFile> {
    const catalogue = this.storage.of(application);
    const before = file.body;
    const target = containerSid ?? before.container;
    const base = whole ? flexml.fileFieldsIn((await catalogue.containers.get(target))?.body.fields ?? {}) : {};
    const next = { ...(whole ? { name: before.fields['name'] ?? 'N/A' } : before.fields), ...base, ...fields };
    const accessName = next['file_access_name'];
    const oldName = before.fields['file_access_name'];
    const isElsewhere = oldName !== accessName || target !== before.container;
    if (isElsewhere && isName(accessName)) await this.names.claim(catalogue, file.sid, target, accessName);
    if (target !== before.container) await catalogue.move(file, target);
    const changed = await catalogue.change(file.sid, (current) => ({
      ...current,
      fields: { ...(whole ? { name: current.fields['name'] ?? 'N/A' } : current.fields), ...base, ...fields },
    }));
    if (changed === null) throw new RecgateError('request.not_found', flexml.NO_SUCH_SID);
    if (isElsewhere) await this.names.release(catalogue, file.sid, before.container, oldName);
    await planExpiry(this.gateway.ports, catalogue, changed);
    return changed;
  }

  private async withDuration(catalogue: FileCatalogue, file: StoredFile): Promise<StoredFile> {
    if (file.body.extension !== 'wav') return file;
    const durationMs = await wavDurationMs(
      catalogue.open(file, { start: 0, end: Math.min(file.body.sizeBytes, 65_536) - 1 }),
      file.body.sizeBytes,
    );
    if (durationMs === null) return file;
    return (await catalogue.change(file.sid, (current) => ({ ...current, durationMs }))) ?? file;
  }
}

/** MIME types by extension, where the upload says none (contract §4.4). */
const TYPES: Readonly<Record<string, string>> = {
  wav: 'audio/x-wav',
  mp3: 'audio/mpeg',
  ul: 'audio/basic',
  ogg: 'audio/ogg',
  txt: 'text/plain',
  json: 'application/json',
  pdf: 'application/pdf',
};

const UNTOLD = /^(|application\/octet-stream|multipart\/.*)$/i;

function describe(fields: JsonObject, { fileName, contentType: sent }: UploadedData) {
  const given = fields['name'];
  const name = typeof given === 'string' && given !== '' ? given : fileName;
  const [, found = ''] = /\.([A-Za-z0-9]{1,8})$/.exec(name) ?? /\.([A-Za-z0-9]{1,8})$/.exec(fileName) ?? [];
  const mimeType = fields['mime_type'];
  const told = typeof mimeType === 'string' ? mimeType : (sent.split(';')[0] ?? '').trim();
  const extension = (
    found === '' ? (Object.entries(TYPES).find(([, type]) => type === told)?.[0] ?? '') : found
  ).toLowerCase();
  const contentType = UNTOLD.test(told) ? (TYPES[extension] ?? 'application/octet-stream') : told;
  return { name, extension, contentType };
}

/** @throws RecgateError `field.invalid` for a kind of content that the container does not take (contract §4.3) */
function refuseUnwanted(container: JsonObject, extension: string, contentType: string): void {
  const kind = flexml.classificationOf(extension, contentType);
  const { allowed_classifications: allowed, blocked_classifications: blocked } = container;
  const isAllowed = !Array.isArray(allowed) || allowed.length === 0 || allowed.includes(kind);
  if (isAllowed && !(Array.isArray(blocked) && blocked.includes(kind))) return;
  throw new RecgateError('field.invalid', `The container takes no files of the kind "${kind}"`, {
    field: 'content_classification',
  });
}

/** A name of its own; without one a file is reached under its sid. */
function isName(name: JsonValue | undefined): name is string {
  return typeof name === 'string' && name !== '';
}
