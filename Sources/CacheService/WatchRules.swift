// What a subscriber may ask; each refusal names the field and says what is allowed.

import GRPC
import Invalidation
import Messages

/// The rules for what a subscriber may ask.
enum WatchRules {
    static func filter(_ request: StreamInvalidationsRequest) throws(GRPCStatus) -> WatcherFilter {
        if request.patterns.count > ServiceLimits.patterns {
            throw .refused(
                .resourceExhausted, reason: "TOO_MANY_PATTERNS", field: "patterns",
                "must be at most \(ServiceLimits.patterns), and are \(request.patterns.count)")
        }
        let bytes = request.patterns.reduce(0) { $0 + $1.count }
        if bytes > ServiceLimits.patternBytes {
            throw .refused(
                .resourceExhausted, reason: "TOO_MANY_PATTERNS", field: "patterns",
                "must have at most \(ServiceLimits.patternBytes) bytes in all, and have \(bytes)")
        }
        var globs: [Glob] = []
        for (index, pattern) in request.patterns.enumerated() {
            globs.append(try RequestRules.glob(pattern, "patterns[\(index)]"))
        }
        try RequestRules.checkText(
            request.skipOriginId, most: ServiceLimits.originBytes, "skip_origin_id")
        return WatcherFilter(patterns: globs, skippedWriter: request.skipOriginId.array)
    }

    /// Nil for a subscriber that begins now.
    static func position(_ token: ByteView) throws(GRPCStatus) -> Position? {
        if token.isEmpty { return nil }
        do throws(ResumeTokenError) {
            return try ResumeToken.decode(token.bytes)
        } catch {
            throw .refused(
                reason: "INVALID_RESUME_TOKEN", field: "resume_token",
                "\(error.description): send one that a stream gave you, or none")
        }
    }

    static func heartbeat(_ proto: ProtoDuration?) throws(GRPCStatus) -> Duration {
        guard let proto else { return ServiceLimits.heartbeat.standard }
        guard let duration = RequestRules.duration(proto),
            duration >= ServiceLimits.heartbeat.least, duration <= ServiceLimits.heartbeat.most
        else {
            throw .refused(
                reason: "INVALID_HEARTBEAT", field: "heartbeat_interval",
                "must be from \(ServiceLimits.heartbeat.least.components.seconds) to "
                    + "\(ServiceLimits.heartbeat.most.components.seconds) seconds")
        }
        return duration
    }
}
