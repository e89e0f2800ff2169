// Owns answers made of events that are encoded already; on the caller's thread.

extension StreamInvalidationsResponse {
    // Field numbers of `resume_token` and `events`, and of `Events.events`.
    private static let resumeTokenField: UInt8 = 1
    private static let eventsField: UInt8 = 3
    private static let eventField: UInt8 = 1

    /// Writes the answer whose content is these events, each an encoded `Event`. So an event is
    /// encoded once, however many subscribers get it. `reserve` is called once, with the exact
    /// number of bytes.
    package static func encode(
        resumeToken: ByteView, encodedEvents: [ByteView],
        reserve: (Int) -> UnsafeMutableRawBufferPointer
    ) {
        let events = encodedEvents.reduce(0) { $0 + WireWriter.size(of: $1.count) }
        let token = resumeToken.isEmpty ? 0 : WireWriter.size(of: resumeToken.count)
        var writer = WireWriter(reserve(token + WireWriter.size(of: events)))
        if !resumeToken.isEmpty {
            writer.write(field: resumeTokenField, resumeToken)
        }
        writer.begin(field: eventsField, count: events)
        for event in encodedEvents {
            writer.write(field: eventField, event)
        }
    }
}
