// Whether the beginning of an entry has a tag; pure functions, any thread.

import NIOCore

/// What the beginning of a stored value tells about a tag.
enum TagSearch: Equatable {
    /// It has the tag.
    case found
    /// It does not, or there is nothing any more.
    case absent
    /// Its tags end only after so many bytes.
    case readMore(Int)
    /// It is no entry of ours.
    case foreign(EnvelopeFault)
    /// The server said no.
    case failed(RESPError)

    init(_ answer: RESPValue, tag: [UInt8]) {
        switch answer {
        case .blob(let bytes):
            self = bytes.withUnsafeReadableBytes { Self.search($0, tag: tag) }
        case .error(let error) where error.code != "WRONGTYPE": self = .failed(error)
        default: self = .foreign(.type)
        }
    }

    private static func search(_ bytes: UnsafeRawBufferPointer, tag: [UInt8]) -> TagSearch {
        guard !bytes.isEmpty else { return .absent }
        do throws(EnvelopeFault) {
            let header = try EnvelopeHeader(fixedPartOf: bytes)
            guard header.metadataOffset <= bytes.count else {
                return .readMore(header.metadataOffset)
            }
            var reader = AnnotationReader(
                bytes, from: header.tagsOffset, to: header.metadataOffset)
            while let found = reader.next(width: 2) {
                if found.elementsEqual(tag) { return .found }
            }
            return .absent
        } catch {
            return .foreign(error)
        }
    }
}
