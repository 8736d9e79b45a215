import { Column, CreateDateColumn, UpdateDateColumn } from 'typeorm';

/** Reads Postgres' bigint as a number: epochs, byte counts and serials stay far below 2^53. */
export const bigintNumber = {
  to: (value: number | null | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

/** The columns that every table of the domain has. */
export abstract class Timestamps {
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt: Date;
}

/** A bigint column that is read as a number. */
export const BigintColumn = (name: string, fallback = 0) =>
  Column({ type: 'bigint', name, default: fallback, transformer: bigintNumber });
