// Reads the replies that describe servers; pure functions, any thread.

import NIOCore

extension RESPValue {
    /// The text of a string.
    var replyText: String? {
        switch self {
        case .simpleString(let bytes), .blob(let bytes): String(buffer: bytes)
        default: nil
        }
    }

    /// The number of an integer, or of a string of digits.
    var replyNumber: Int? {
        if case .integer(let number) = self { return Int(number) }
        return replyText.flatMap { Int($0) }
    }

    /// The elements of an array.
    var replyElements: [RESPValue]? {
        if case .array(let elements) = self { return elements }
        return nil
    }

    /// The fields of a map, or of an array of names and values in turn, that are texts.
    var replyFields: [String: String]? {
        switch self {
        case .map(let flat), .array(let flat):
            var fields: [String: String] = [:]
            for index in stride(from: 0, to: flat.count - 1, by: 2) {
                guard let name = flat[index].replyText else { continue }
                fields[name] = flat[index + 1].replyText
            }
            return fields
        default: return nil
        }
    }
}

extension RedisAddress {
    /// An address as a server tells it. A host that is empty, unknown (`?`) or missing is the
    /// host of the server that was asked.
    init?(told host: String?, port: Int?, by asked: RedisAddress) {
        guard let port, (1...65_535).contains(port) else { return nil }
        if let host, !host.isEmpty, host != "?" {
            self = .tcp(host: host, port: port)
        } else if case .tcp(let askedHost, _) = asked {
            self = .tcp(host: askedHost, port: port)
        } else {
            return nil
        }
    }
}
