// The rules for what requests hold; each refusal names the field and says what is allowed.

import CacheEngine
import GRPC
import Invalidation
import Messages

/// Checks that need nothing but the request and the limits.
enum RequestRules {
    /// 1 to 1,024 bytes of UTF-8 without control characters. That it is UTF-8 was checked when
    /// the message was read.
    static func checkKey(_ key: ByteView, _ field: String = "key") throws(GRPCStatus) {
        if let problem = keyProblem(key.bytes) {
            throw .refused(reason: "INVALID_KEY", field: field, problem)
        }
    }

    static func keyProblem(_ key: UnsafeRawBufferPointer) -> String? {
        if key.isEmpty { return "must not be empty" }
        if key.count > ServiceLimits.keyBytes {
            return "must have at most \(ServiceLimits.keyBytes) bytes, and has \(key.count)"
        }
        return hasControlCharacter(key) ? "must not contain control characters" : nil
    }

    /// C0, DEL, and C1 as UTF-8 writes it (U+0080 to U+009F).
    static func hasControlCharacter(_ text: UnsafeRawBufferPointer) -> Bool {
        var previous: UInt8 = 0
        for byte in text {
            if byte < 0x20 || byte == 0x7F { return true }
            if previous == 0xC2, byte >= 0x80, byte <= 0x9F { return true }
            previous = byte
        }
        return false
    }

    /// What `ttl` and `no_expiry` ask for together.
    static func lifetime(
        ttl: ProtoDuration?, noExpiry: Bool, _ prefix: String = ""
    ) throws(GRPCStatus) -> TimeToLive {
        guard let ttl else { return noExpiry ? .never : .inherited }
        if noExpiry {
            throw .refused(
                reason: "INVALID_TTL", field: prefix + "ttl",
                "must be absent where no_expiry is true")
        }
        guard let duration = duration(ttl) else {
            throw .refused(
                reason: "INVALID_TTL", field: prefix + "ttl",
                "is not a duration: nanos must be within one second and of the sign of seconds")
        }
        if duration <= .zero {
            throw .refused(
                reason: "INVALID_TTL", field: prefix + "ttl",
                "must be more than zero; use no_expiry for an entry that never expires")
        }
        if duration > ServiceLimits.ttl {
            throw .refused(
                reason: "INVALID_TTL", field: prefix + "ttl",
                "must be at most ten years (\(ServiceLimits.ttl.components.seconds) s)")
        }
        return .after(duration)
    }

    /// Nil where the parts do not make a duration (google/protobuf/duration.proto).
    static func duration(_ proto: ProtoDuration) -> Duration? {
        let longest: Int64 = 315_576_000_000
        guard abs(Int64(proto.nanos)) < 1_000_000_000, proto.seconds.magnitude <= longest,
            proto.seconds == 0 || proto.nanos == 0 || (proto.seconds < 0) == (proto.nanos < 0)
        else { return nil }
        return .seconds(proto.seconds) + .nanoseconds(Int64(proto.nanos))
    }

    static func checkEntry(
        _ request: SetRequest, _ limits: ServiceLimits, _ prefix: String = ""
    ) throws(GRPCStatus) {
        try checkKey(request.key, prefix + "key")
        if request.value.count > limits.valueBytes {
            throw .refused(
                .resourceExhausted, reason: "VALUE_TOO_LARGE", field: prefix + "value",
                "must have at most \(limits.valueBytes) bytes, and has \(request.value.count)")
        }
        try checkText(
            request.contentType, most: ServiceLimits.contentTypeBytes, prefix + "content_type")
        try checkMetadata(request.metadata, prefix + "metadata")
        if request.tags.count > ServiceLimits.tags {
            throw .refused(
                reason: "INVALID_TAGS", field: prefix + "tags",
                "must be at most \(ServiceLimits.tags), and are \(request.tags.count)")
        }
        for (index, tag) in request.tags.enumerated() {
            try checkTag(tag, prefix + "tags[\(index)]")
        }
    }

    static func checkTag(_ tag: ByteView, _ field: String) throws(GRPCStatus) {
        if tag.isEmpty {
            throw .refused(reason: "INVALID_TAGS", field: field, "must not be empty")
        }
        try checkText(tag, most: ServiceLimits.tagBytes, field)
    }

    private static func checkMetadata(
        _ pairs: [MetadataPair], _ field: String
    ) throws(GRPCStatus) {
        if pairs.count > ServiceLimits.metadataPairs {
            throw .refused(
                reason: "INVALID_METADATA", field: field,
                "must be at most \(ServiceLimits.metadataPairs) pairs, and are \(pairs.count)")
        }
        let bytes = pairs.reduce(0) { $0 + $1.name.count + $1.value.count }
        if bytes > ServiceLimits.metadataBytes {
            throw .refused(
                reason: "INVALID_METADATA", field: field,
                "must have at most \(ServiceLimits.metadataBytes) bytes, and have \(bytes)")
        }
    }

    static func checkText(_ text: ByteView, most: Int, _ field: String) throws(GRPCStatus) {
        if text.count > most {
            throw .refused(
                reason: "TEXT_TOO_LONG", field: field,
                "must have at most \(most) bytes, and has \(text.count)")
        }
        if hasControlCharacter(text.bytes) {
            throw .refused(
                reason: "INVALID_TEXT", field: field, "must not contain control characters")
        }
    }

    static func condition(
        _ condition: SetRequest.Condition, _ prefix: String = ""
    ) throws(GRPCStatus) -> SetCondition {
        switch condition {
        case .none: return .none
        case .ifAbsent(true): return .ifAbsent
        case .ifPresent(true): return .ifPresent
        case .ifVersion(let version) where version > 0: return .ifVersion(version)
        case .ifAbsent:
            throw .refused(
                reason: "INVALID_CONDITION", field: prefix + "if_absent", "must be true or absent")
        case .ifPresent:
            throw .refused(
                reason: "INVALID_CONDITION", field: prefix + "if_present", "must be true or absent")
        case .ifVersion:
            throw .refused(
                reason: "INVALID_CONDITION", field: prefix + "if_version",
                "must be at least 1; use if_absent for a key that must not exist")
        }
    }

    static func checkMode(_ mode: ReadMode) throws(GRPCStatus) {
        switch mode {
        case .unspecified, .skipL1, .cachedOnly: return
        default:
            throw .refused(
                reason: "INVALID_MODE", field: "mode", "\(mode.rawValue) is not a ReadMode")
        }
    }

    static func checkBatch(
        count: Int, _ limits: ServiceLimits, _ field: String
    ) throws(GRPCStatus) {
        if count == 0 {
            throw .refused(reason: "EMPTY_BATCH", field: field, "must not be empty")
        }
        if count > limits.batchKeys {
            throw .refused(
                .resourceExhausted, reason: "TOO_MANY_KEYS", field: field,
                "must be at most \(limits.batchKeys), and are \(count): split the batch")
        }
    }

    static func glob(_ pattern: ByteView, _ field: String) throws(GRPCStatus) -> Glob {
        do throws(GlobError) {
            return try Glob(pattern.bytes)
        } catch {
            throw .refused(reason: "INVALID_PATTERN", field: field, error.description)
        }
    }
}
