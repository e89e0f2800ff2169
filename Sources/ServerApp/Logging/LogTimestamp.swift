// Owns the time of a log line as text; pure, so that a test needs no clock.

import Foundation

enum LogTimestamp {
    /// The clock's time now, in milliseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The time as RFC 3339 in UTC, as in `2026-11-21T08:00:00.123Z`.
    static func text(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1_000)
        var date = tm()
        gmtime_r(&seconds, &date)
        return digits(date.tm_year + 1_900, 4) + "-" + digits(date.tm_mon + 1, 2) + "-"
            + digits(date.tm_mday, 2) + "T" + digits(date.tm_hour, 2) + ":"
            + digits(date.tm_min, 2) + ":" + digits(date.tm_sec, 2) + "."
            + digits(Int32(milliseconds % 1_000), 3) + "Z"
    }

    private static func digits(_ number: Int32, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
