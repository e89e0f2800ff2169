// Waiting for a condition, for as long as a test may.

import NIOCore
import NIOPosix
import Testing

/// Waits until `condition` holds; gives up after two minutes. It looks now and then only: who
/// looks all the time takes locks and processors from those who are to make it hold.
func eventually(_ condition: () async throws -> Bool) async throws {
    let deadline = NIODeadline.now() + .minutes(2)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    while try await !condition() {
        try #require(NIODeadline.now() < deadline, "the condition never held")
        try await loop.scheduleTask(in: .milliseconds(2)) {}.futureResult.get()
    }
}
