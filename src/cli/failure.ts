/**
 * How a failure becomes a line on stderr and an exit code.
 *
 * @module
 */
import { TlsConfigError, TlsError, TlsUsageError } from '../errors/errors.ts';
import { EXIT, UsageError } from './io.ts';

/** `code: sentence`, and the exit code. Throws what is neither the user's, the peer's nor the transport's doing. */
export function describeFailure(error: unknown): { readonly code: number; readonly line: string } {
  if (error instanceof UsageError) return { code: EXIT.usage, line: `usage: ${error.message}` };
  if (error instanceof TlsConfigError || error instanceof TlsUsageError) {
    return { code: EXIT.usage, line: `${error.code}: ${error.message}` };
  }
  if (error instanceof TlsError) return { code: EXIT.tls, line: `${error.code}: ${error.message}` };
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return { code: EXIT.transport, line: `${error.code}: ${error.message}` };
  }
  throw error;
}
