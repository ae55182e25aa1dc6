import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString } from 'class-validator';
import type { DeliveryAttempt, DeliveryRecord } from '#libs/recording-model';

export class ListDeliveriesDto {
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  recordingId: string;
}

/** A notification and what became of it. */
export class DeliveryDto {
  @ApiProperty({ description: 'Also the `webhook-id` of every attempt' }) id: string;
  @ApiProperty() recordingId: string;
  @ApiProperty({ description: "The wish it fulfils, in the vendor's words" }) subscription: string;
  @ApiProperty({ description: "In the vendor's words" }) purpose: string;
  @ApiProperty() eventSequence: number;
  @ApiProperty({ enum: ['pending', 'delivered', 'exhausted', 'gone'] }) status: DeliveryRecord['status'];
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  attempts: readonly DeliveryAttempt[];
  @ApiProperty({ type: String, nullable: true, description: 'When the next attempt is due; null: at once, or none' })
  nextAttemptAt: string | null;
  @ApiProperty() createdAt: string;
}

export class DeliveryListDto {
  @ApiProperty({ type: [DeliveryDto] }) items: DeliveryDto[];
}

export function showDelivery(delivery: DeliveryRecord): DeliveryDto {
  const { id, recordingId, subscription, purpose, eventSequence, status, attempts, nextAttemptAt, createdAt } =
    delivery;
  return { id, recordingId, subscription, purpose, eventSequence, status, attempts, nextAttemptAt, createdAt };
}
