// Why bytes are no RESP, or more than is taken; a value, any thread.

/// What is wrong with a server's bytes. The sentences hold none of them.
enum RESPViolation: String, Error, Hashable, CustomStringConvertible {
    case unknownType = "a value of an unknown type"
    case badNumber = "a number that is none"
    case badText = "a line that is not what its type allows"
    case badLineEnd = "a value that does not end where it should"
    case badVerbatim = "a verbatim string without its format"
    case badCount = "a negative length"
    case streamed = "a value of unknown length, which no server sends unasked"
    case misplacedPush = "a push inside another value, or without a kind"
    case lineTooLong = "a line longer than allowed"
    case blobTooLong = "a blob longer than allowed"
    case replyTooLong = "a reply longer than allowed"
    case tooDeep = "more aggregates inside each other than allowed"
    case tooManyElements = "more elements than allowed"

    var description: String { rawValue }
}
