import { plainToInstance } from 'class-transformer';
import { IsInt, IsNotEmpty, IsString, Min, validateSync } from 'class-validator';

/** A stage of one recording is due. */
export class StageJob {
  @IsString()
  @IsNotEmpty()
  recordingId: string;

  /** Epoch of the record when the stage became due. */
  @IsInt()
  @Min(0)
  epoch: number;
}

/** The head of a delivery chain is due. */
export class DeliverJob {
  @IsString()
  @IsNotEmpty()
  recordingId: string;

  @IsString()
  @IsNotEmpty()
  subscription: string;
}

/**
 * Checks a job's data at the door.
 * @throws Error naming the fields at fault; such a job can never succeed.
 */
export function parseJob<T extends object>(type: new () => T, data: unknown): T {
  const job = plainToInstance(type, data);
  const faults = validateSync(job, { whitelist: true });
  if (faults.length > 0) throw new Error(`Job data of ${type.name} is invalid: ${faults.map((fault) => fault.property).join(', ')}`);
  return job;
}
