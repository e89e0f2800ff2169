// Owns one log line's text in both formats; pure functions.

import Logging

enum LogLine {
    /// The most pairs a line holds; the rest is dropped and counted.
    static let maxPairs = 64
    /// How deep a nested value is written; what is deeper is cut.
    static let maxDepth = 4

    /// `<time> level=<level> event="<event>" key=value …` and a line break.
    static func text(
        _ milliseconds: Int64, _ level: Logger.Level, _ event: String,
        _ pairs: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var line = LogTimestamp.text(milliseconds)
        line += " level=\(level.rawValue) event=\(LogText.quoted(event))"
        for (key, value) in pairs.prefix(maxPairs) {
            line += " \(LogText.key(key))=\(LogText.value(flat(value, maxDepth)))"
        }
        if pairs.count > maxPairs { line += " dropped=\(pairs.count - maxPairs)" }
        return line + "\n"
    }

    /// One JSON object and a line break.
    static func json(
        _ milliseconds: Int64, _ level: Logger.Level, _ event: String,
        _ pairs: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var line =
            "{\"time\":\"\(LogTimestamp.text(milliseconds))\",\"level\":\"\(level.rawValue)\""
        line += ",\"event\":\(LogText.json(event))"
        for (key, value) in pairs.prefix(maxPairs) {
            line += ",\(LogText.json(unreserved(key))):\(nested(value, maxDepth))"
        }
        if pairs.count > maxPairs { line += ",\"dropped\":\(pairs.count - maxPairs)" }
        return line + "}\n"
    }

    /// An object must not name a member twice.
    private static func unreserved(_ key: String) -> String {
        ["time", "level", "event", "dropped"].contains(key) ? key + "_" : key
    }

    private static func flat(_ value: Logger.MetadataValue, _ depth: Int) -> String {
        guard depth > 0 else { return "…" }
        switch value {
        case .string(let text): return text
        case .stringConvertible(let value): return value.description
        case .array(let values):
            let items = values.prefix(maxPairs).map { flat($0, depth - 1) }
            return "[" + items.joined(separator: ",") + "]"
        case .dictionary(let members):
            let sorted = members.sorted { $0.key < $1.key }.prefix(maxPairs)
            return "{"
                + sorted.map { "\($0.key):\(flat($0.value, depth - 1))" }
                .joined(separator: ",") + "}"
        }
    }

    private static func nested(_ value: Logger.MetadataValue, _ depth: Int) -> String {
        guard depth > 0 else { return "null" }
        switch value {
        case .string(let text): return LogText.json(text)
        case .stringConvertible(let value): return scalar(value)
        case .array(let values):
            let items = values.prefix(maxPairs).map { nested($0, depth - 1) }
            return "[" + items.joined(separator: ",") + "]"
        case .dictionary(let members):
            let sorted = members.sorted { $0.key < $1.key }.prefix(maxPairs)
            return "{"
                + sorted.map { LogText.json($0.key) + ":" + nested($0.value, depth - 1) }
                .joined(separator: ",") + "}"
        }
    }

    private static func scalar(_ value: any CustomStringConvertible) -> String {
        switch value {
        case let number as any FixedWidthInteger: "\(number)"
        case let flag as Bool: "\(flag)"
        case let number as Double where number.isFinite: "\(number)"
        default: LogText.json(value.description)
        }
    }
}
