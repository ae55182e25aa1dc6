import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { RecgateError, type JsonObject } from '#libs/recording-model';
import { aculab } from '#libs/vendor-adapters';
import { sendAudio } from '../../http/send-audio.js';
import { GATEWAY, type GatewayContext, type StoredAudio } from '../../runtime-token.js';
import { DoorCalls } from '../shared/door-calls.js';
import { parametersOf } from '../shared/door-request.js';
import { AculabAccounts, type AculabAccount } from './aculab-accounts.js';
import { AculabMediaFiles } from './aculab-media-files.js';
import { AculabRuns } from './aculab-runs.js';
import { withUpload } from './aculab-upload.js';

/** The web services beside the file store: runs, starts, tokens (contract §6, §8, §9). */
@Injectable()
export class AculabServices {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly accounts: AculabAccounts,
    private readonly runs: AculabRuns,
    private readonly calls: DoorCalls,
  ) {}

  /** One member for each id (contract §6). */
  async interrupt(account: AculabAccount, request: Request): Promise<JsonObject> {
    const parameters = parametersFrom(request);
    const [ids, redirect] = aculab.readAll(
      () => aculab.readInstanceIds(parameters),
      () => aculab.readRedirectPage(parameters),
    );
    const runs = await this.runs.find(account, ids);
    // An address that cannot be is refused before anything is interrupted.
    const pages = new Map(
      [...runs].map(([id, { application }]) => [
        id,
        redirect === null ? null : aculab.redirectRequest(redirect, application.view),
      ]),
    );
    const answers = ids.map(async (id): Promise<[string, JsonObject]> => {
      const run = runs.get(id);
      if (run === undefined) return [id, aculab.interruptAnswer('no such application', null)];
      const { result, step } = await this.runs.interrupt(run.call, pages.get(id) ?? null);
      return [id, aculab.interruptAnswer(result, step)];
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  /** All calls or none: what was placed ends when a later one cannot be (contract §9). */
  async start({ applications: [application] }: AculabAccount, request: Request): Promise<readonly string[]> {
    const { ids } = this.gateway.ports;
    const placed: { readonly id: string; readonly hangup: () => Promise<void> }[] = [];
    try {
      for (const call of restCalls(parametersFrom(request))) {
        const identity = aculab.outboundIdentity(call, ids);
        const ringMs = aculab.ringMsOf(application.view);
        const record = await this.calls.place(application, { identity, begin: null, beginWhen: 'answered', ringMs });
        placed.push({ id: aculab.instanceIdOf(identity), hangup: () => this.calls.hangup(record) });
      }
    } catch (thrown) {
      await Promise.allSettled(placed.map(({ hangup }) => hangup()));
      throw thrown;
    }
    return placed.map(({ id }) => id);
  }

  async status(account: AculabAccount, request: Request): Promise<JsonObject> {
    const id = parametersFrom(request).required('application_instance_id', 255);
    return aculab.applicationStatus(await this.runs.describe(account, id));
  }

  newToken(account: AculabAccount, request: Request): string {
    return this.accounts.issue(account, aculab.readGrant(parametersFrom(request), this.gateway.ports.clock.now()));
  }
}

/** `outbound_parameters` is the older name of `rest_calls` (contract §9). */
function restCalls(parameters: aculab.WebParameters): readonly aculab.RestCall[] {
  const older = 'outbound_parameters';
  const name =
    parameters.text('rest_calls') === undefined && parameters.text(older) !== undefined ? older : 'rest_calls';
  return aculab.readRestCalls(name, parameters.required(name));
}

/** The file store (contract §8). */
@Injectable()
export class AculabFileServices {
  constructor(
    private readonly media: AculabMediaFiles,
    private readonly runs: AculabRuns,
  ) {}

  async list(account: AculabAccount, request: Request): Promise<JsonObject> {
    const parameters = parametersFrom(request);
    const [fileType, exact, wanted] = aculab.readAll(
      () => parameters.oneOf('filetype', aculab.FILE_TYPES),
      () => parameters.text('filename', 255),
      () => parameters.text('prefix', 255),
    );
    const prefix = exact ?? wanted ?? '';
    const matches = (name: string): boolean =>
      exact === undefined || aculab.storeNameOf(name) === aculab.storeNameOf(exact);
    const listed = await this.listOf(fileType, account, prefix);
    return Object.fromEntries(
      listed
        .filter(({ name }) => matches(name) && isOpen(account, fileType, name))
        .map(({ name, ...facts }) => [name, facts]),
    );
  }

  async get(account: AculabAccount, request: Request, response: Response): Promise<void> {
    const parameters = parametersFrom(request);
    const [fileType, name] = aculab.readAll(
      () => parameters.oneOf('filetype', aculab.FILE_TYPES),
      () => nameIn(parameters, 'filename'),
    );
    if (account.grant !== null) aculab.checkFileGrant(account.grant, fileType, name);
    if (fileType === 'rest') return sendAudio(request, response, await this.log(account, name));
    if (fileType === 'msg_media') throw noSuchFile();
    const file = await this.media.require(account, name);
    const { sizeBytes, sha256, contentType } = file.facts;
    const open: StoredAudio['open'] = (range) => this.media.open(file, range);
    return sendAudio(request, response, { sizeBytes, contentType, fileName: basename(name), sha256, open });
  }

  write(account: AculabAccount, request: Request): Promise<JsonObject> {
    return withUpload(request, async ({ parameters: given, head, open }) => {
      const parameters = new aculab.WebParameters(given);
      const [, name, encrypted] = aculab.readAll(
        () => mediaOnly(parameters),
        () => aculab.checkNewMediaName('filename', parameters.required('filename')),
        () => parameters.flag('encrypted'),
      );
      if (account.grant !== null) aculab.checkFileGrant(account.grant, 'media', name);
      const fault = encrypted ? null : aculab.faultOfMedia(name, head);
      if (fault !== null) throw aculab.malformed('file', fault);
      const facts = await this.media.write(account, name, open, encrypted ? { encrypted: 'true' } : {});
      return { filename: name, size: facts.sizeBytes };
    });
  }

  async delete(account: AculabAccount, request: Request): Promise<JsonObject> {
    const parameters = parametersFrom(request);
    const [, name] = aculab.readAll(
      () => mediaOnly(parameters),
      () => nameIn(parameters, 'filename'),
    );
    if (account.grant !== null) aculab.checkFileGrant(account.grant, 'media', name);
    await this.media.delete(account, name);
    return { filename: name };
  }

  /** Copied first, then deleted: a move that breaks off leaves the file where it was. */
  async move(account: AculabAccount, request: Request): Promise<JsonObject> {
    const parameters = parametersFrom(request);
    const [, from, to] = aculab.readAll(
      () => mediaOnly(parameters),
      () => nameIn(parameters, 'filename'),
      () => aculab.checkNewMediaName('new_filename', parameters.required('new_filename')),
    );
    for (const name of [from, to]) if (account.grant !== null) aculab.checkFileGrant(account.grant, 'media', name);
    const file = await this.media.require(account, from);
    if (aculab.storeNameOf(from) === aculab.storeNameOf(to)) return { filename: to };
    const { encrypted } = file.facts.metadata;
    await this.media.write(account, to, () => this.media.open(file), encrypted === undefined ? {} : { encrypted });
    await this.media.delete(account, from);
    return { filename: to };
  }

  private async listOf(fileType: aculab.FileType, account: AculabAccount, prefix: string) {
    if (fileType === 'msg_media') return [];
    if (fileType === 'rest') return this.logs(account, prefix);
    const files = await this.media.list(account, prefix);
    return files.map(({ name, facts }) => ({
      name,
      created_date: aculab.webServiceTime(new Date(facts.storedAt)),
      size: facts.sizeBytes,
    }));
  }

  private async logs(account: AculabAccount, prefix: string) {
    const runs = (await this.runs.list(account)).map(({ call }) => ({
      name: aculab.logFilename(call.identity, new Date(call.answeredAt ?? call.createdAt)),
      created_date: aculab.webServiceTime(new Date(call.createdAt)),
    }));
    return runs.filter(({ name }) => aculab.storeNameOf(name).startsWith(aculab.storeNameOf(prefix)));
  }

  private async log(account: AculabAccount, name: string): Promise<StoredAudio> {
    const instanceId = aculab.instanceOfLog(name);
    if (instanceId === null) throw noSuchFile();
    const text = Buffer.from(aculab.restLog(await this.runs.describe(account, instanceId)), 'utf8');
    const open: StoredAudio['open'] = (range) =>
      Readable.from([range === undefined ? text : text.subarray(range.start, range.end + 1)]);
    return { sizeBytes: text.length, contentType: 'text/plain; charset=utf-8', fileName: basename(name), open };
  }
}

/** What the connection is secured with (contract §8). Behind a proxy that ends TLS it is the proxy's own connection. */
export function protocolCheck(request: Request): JsonObject {
  const socket = request.socket as TLSSocket;
  const secured = socket.encrypted === true;
  const protocol = secured ? (socket.getProtocol() ?? '') : '';
  return {
    pass: ['TLSv1.2', 'TLSv1.3'].includes(protocol),
    protocol,
    cipher: secured ? socket.getCipher().name : '',
    user_agent: request.headers['user-agent'] ?? '',
    source_address: request.socket.remoteAddress ?? '',
  };
}

function parametersFrom(request: Request): aculab.WebParameters {
  return new aculab.WebParameters(parametersOf(request));
}

function nameIn(parameters: aculab.WebParameters, name: string): string {
  return aculab.checkMediaName(name, parameters.required(name));
}

/** Only media can be written, moved and deleted. */
function mediaOnly(parameters: aculab.WebParameters): void {
  parameters.oneOf('filetype', ['media'] as const);
}

function isOpen({ grant }: AculabAccount, fileType: aculab.FileType, name: string): boolean {
  return grant === null || aculab.isOpenTo(grant, fileType, name);
}

function noSuchFile(): RecgateError {
  return new RecgateError('request.not_found', 'There is no such file');
}
