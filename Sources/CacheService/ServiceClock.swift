// The one clock of the service: wall time that no adjustment of the system's clock can turn back.

package import CacheEngine
package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Maps the event loops' monotonic time onto the wall clock as it was at the start.
package struct ServiceClock: Sendable {
    private let offset: Int64

    /// A clock anchored now.
    package init() {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        let nanoseconds = Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec)
        offset = nanoseconds - Int64(NIODeadline.now().uptimeNanoseconds)
    }

    /// A moment of an event loop as the engine counts it.
    package func timestamp(_ moment: NIODeadline) -> Timestamp {
        Timestamp(nanoseconds: Int64(moment.uptimeNanoseconds) + offset)
    }

    /// Now.
    package func now() -> Timestamp { timestamp(.now()) }
}
