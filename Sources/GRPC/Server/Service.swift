// What a server offers: services and their methods; plain values, any thread.

/// One method of a service.
package struct Method: Sendable {
    /// Handles one message, which it may not keep.
    package typealias UnaryHandler = @Sendable (consuming UnaryRequest, UnaryReply) -> UnaryOutcome

    /// How its calls are handled. Every closure runs on the event loop of its connection.
    package enum Handler: Sendable {
        /// One message each way.
        case unary(UnaryHandler)
        /// Any number of messages each way, by events. Unless `clientStreaming`, exactly one
        /// request message is read before the handler hears of it.
        case stream(
            clientStreaming: Bool, open: @Sendable (ServerCall) -> any ServerCallHandler)
    }

    /// Its name within the service.
    package let name: String
    let handler: Handler

    /// A method of that name.
    package init(_ name: String, _ handler: Handler) {
        self.name = name
        self.handler = handler
    }
}

/// A service: `package.Service` and its methods.
package struct Service: Sendable {
    /// Its full name.
    package let name: String
    let methods: [Method]

    /// A service of that full name.
    package init(_ name: String, methods: [Method]) {
        self.name = name
        self.methods = methods
    }
}
