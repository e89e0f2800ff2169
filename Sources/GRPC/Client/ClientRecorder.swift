// What nghttp2's callbacks write down for the client connection to act on; event loop only.

/// What the callbacks write down. Behind a pointer; event loop only.
struct ClientRecorder: ~Copyable {
    enum Event {
        case headersReceived(Unmanaged<ClientCall>)
        case dataReceived(Unmanaged<ClientCall>)
        case drained(Unmanaged<ClientCall>)
        case closed(Unmanaged<ClientCall>, code: UInt32)
        /// The server has sent its END_STREAM.
        case ended(Unmanaged<ClientCall>)
        case settingsReceived
        case goAwayReceived(tooManyPings: Bool)
    }

    let messageBytes: Int
    var events: [Event] = []
    var unconsumedBytes = 0
    /// Frames that carried nothing of a call, since they were last looked at.
    var idleFrames = 0

    /// The error that nghttp2 has ended the connection with, where the server broke a rule.
    var violation: UInt32?

    init(messageBytes: Int) { self.messageBytes = messageBytes }
}
