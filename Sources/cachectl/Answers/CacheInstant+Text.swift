// A point in time for columns; pure functions.

import CacheManagerClient
import Foundation

extension CacheInstant {
    /// What the clock said, to the millisecond.
    init(_ date: Date) {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded(.down))
        self.init(
            seconds: milliseconds / 1_000, nanoseconds: Int32(milliseconds % 1_000) * 1_000_000)
    }

    /// Always with milliseconds and nothing finer.
    var millisecondsText: String {
        let milliseconds = String(nanoseconds / 1_000_000 + 1_000).dropFirst()
        return "\(CacheInstant(seconds: seconds).description.dropLast()).\(milliseconds)Z"
    }
}
