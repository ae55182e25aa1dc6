import type { Redis } from 'ioredis';
import type {
  ApplicationLedger,
  ApplicationRecord,
  CallLedger,
  CallRecord,
  LeftoverLedger,
  NodeLedger,
  NodeStatus,
  VendorName,
} from '#libs/recording-model';
import type { Keys } from './keys.js';

/** An ended call is forgotten after this time; its recordings are not. */
const ENDED_CALL_TTL_SECONDS = 7 * 24 * 3600;
/** No call lasts so long; one whose end was never written is forgotten too. */
const OPEN_CALL_TTL_SECONDS = 30 * 24 * 3600;
/** A node that was not seen for so long will hardly come back under its name. */
const FORGET_NODE_MS = 24 * 3_600_000;

export class RedisApplicationLedger implements ApplicationLedger {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async save(application: ApplicationRecord): Promise<void> {
    const before = await this.get(application.id);
    const write = this.redis
      .multi()
      .set(this.keys.application(application.id), JSON.stringify(application))
      .sadd(this.keys.tenantApplications(application.tenantId), application.id);
    for (const address of before?.addresses ?? []) write.srem(this.keys.applicationAddress(application.vendor, address), application.id);
    for (const address of application.addresses) write.sadd(this.keys.applicationAddress(application.vendor, address), application.id);
    await write.exec();
  }

  async get(applicationId: string): Promise<ApplicationRecord | null> {
    const document = await this.redis.get(this.keys.application(applicationId));
    return document === null ? null : (JSON.parse(document) as ApplicationRecord);
  }

  async list(tenantId: string): Promise<readonly ApplicationRecord[]> {
    return this.getAll(await this.redis.smembers(this.keys.tenantApplications(tenantId)));
  }

  async findByAddress(vendor: VendorName, address: string): Promise<readonly ApplicationRecord[]> {
    return this.getAll(await this.redis.smembers(this.keys.applicationAddress(vendor, address)));
  }

  async delete(applicationId: string): Promise<void> {
    const application = await this.get(applicationId);
    if (application === null) return;
    const write = this.redis
      .multi()
      .del(this.keys.application(applicationId))
      .srem(this.keys.tenantApplications(application.tenantId), applicationId);
    for (const address of application.addresses) write.srem(this.keys.applicationAddress(application.vendor, address), applicationId);
    await write.exec();
  }

  private async getAll(ids: readonly string[]): Promise<readonly ApplicationRecord[]> {
    const applications = await Promise.all(ids.map((id) => this.get(id)));
    return applications.filter((application) => application !== null);
  }
}

export class RedisCallLedger implements CallLedger {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async save(call: CallRecord): Promise<void> {
    const key = this.keys.call(call.callRef);
    const oldest = Date.now() - ENDED_CALL_TTL_SECONDS * 1000;
    const byId = this.keys.callId(call.applicationId, call.identity.callId);
    const ttl = call.endedAt === null ? OPEN_CALL_TTL_SECONDS : ENDED_CALL_TTL_SECONDS;
    const write = this.redis.multi().set(key, JSON.stringify(call)).expire(key, ttl).set(byId, call.callRef).expire(byId, ttl);
    for (const listing of [this.keys.tenantCalls(call.tenantId), this.keys.applicationCalls(call.applicationId)]) {
      write.zadd(listing, Date.parse(call.createdAt), call.callRef).zremrangebyscore(listing, '-inf', oldest);
    }
    if (call.conference !== undefined && call.state !== 'ended') {
      const room = this.keys.conferenceCalls(call.applicationId, call.conference.conferenceId);
      write.sadd(room, call.callRef).expire(room, OPEN_CALL_TTL_SECONDS);
    }
    await write.exec();
  }

  async get(callRef: string): Promise<CallRecord | null> {
    const document = await this.redis.get(this.keys.call(callRef));
    return document === null ? null : (JSON.parse(document) as CallRecord);
  }

  async list(tenantId: string, limit: number): Promise<readonly CallRecord[]> {
    return this.newest(this.keys.tenantCalls(tenantId), limit);
  }

  async listOfApplication(applicationId: string, limit: number): Promise<readonly CallRecord[]> {
    return this.newest(this.keys.applicationCalls(applicationId), limit);
  }

  /** Whoever has left and may come again stays in the set; those whose calls are over are taken out. */
  async listOfConference(applicationId: string, conferenceId: string): Promise<readonly CallRecord[]> {
    const room = this.keys.conferenceCalls(applicationId, conferenceId);
    const refs = await this.redis.smembers(room);
    const calls = await Promise.all(refs.map((callRef) => this.get(callRef)));
    const over = refs.filter((_callRef, index) => (calls[index]?.state ?? 'ended') === 'ended');
    if (over.length > 0) await this.redis.srem(room, ...over);
    return calls.filter((call) => call !== null).filter((call) => call.state !== 'ended' && call.conference?.conferenceId === conferenceId);
  }

  async findByCallId(applicationId: string, callId: string): Promise<CallRecord | null> {
    const callRef = await this.redis.get(this.keys.callId(applicationId, callId));
    return callRef === null ? null : this.get(callRef);
  }

  private async newest(listing: string, limit: number): Promise<readonly CallRecord[]> {
    const refs = await this.redis.zrevrange(listing, 0, limit - 1);
    const calls = await Promise.all(refs.map((callRef) => this.get(callRef)));
    return calls.filter((call) => call !== null);
  }
}

export class RedisLeftoverLedger implements LeftoverLedger {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async note(recordingId: string, leftover: string): Promise<void> {
    await this.redis.hset(this.keys.leftovers(), recordingId, leftover);
  }

  async clear(recordingId: string): Promise<void> {
    await this.redis.hdel(this.keys.leftovers(), recordingId);
  }

  async list(limit: number): Promise<readonly { recordingId: string; leftover: string }[]> {
    const all = await this.redis.hgetall(this.keys.leftovers());
    return Object.entries(all)
      .slice(0, limit)
      .map(([recordingId, leftover]) => ({ recordingId, leftover }));
  }
}

/** Nodes in one hash with the time their heartbeat ends; a lost node drops out by itself. */
export class RedisNodeLedger implements NodeLedger {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async heartbeat(node: NodeStatus, ttlMs: number): Promise<void> {
    await this.redis.hset(this.keys.nodes(), node.nodeId, JSON.stringify({ node, until: Date.now() + ttlMs }));
  }

  async alive(): Promise<readonly NodeStatus[]> {
    const all = await this.redis.hvals(this.keys.nodes());
    const beats = all.map((document) => JSON.parse(document) as { node: NodeStatus; until: number });
    const now = Date.now();
    const gone = beats.filter((beat) => beat.until < now - FORGET_NODE_MS).map((beat) => beat.node.nodeId);
    if (gone.length > 0) await this.redis.hdel(this.keys.nodes(), ...gone);
    return beats.filter((beat) => beat.until > now).map((beat) => beat.node);
  }

  async remove(nodeId: string): Promise<void> {
    await this.redis.hdel(this.keys.nodes(), nodeId);
  }
}
