// Removes entries whose time is up, in slices; one task of its own.

import CacheService
import ServiceLifecycle

/// Sweeps every `interval`, and until then nothing.
struct Sweeper: ServiceLifecycle.Service {
    /// Entries removed before other tasks get their turn.
    private static let slice = 4_096

    let service: CacheService
    let interval: Duration

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await Task.sleep(for: interval)
                } catch {
                    return  // cancelled: the server stops
                }
                while !Task.isCancelled, service.sweep(maxRemovals: Self.slice) {
                    await Task.yield()
                }
            }
        }
    }
}
