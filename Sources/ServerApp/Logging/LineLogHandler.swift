// Owns one logger's label, metadata and own level; a value type, as swift-log asks of handlers.

import Logging

/// Hands what a logger says to its output, with the logger's metadata.
struct LineLogHandler: LogHandler {
    let label: String
    let output: LogOutput
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private var ownLevel: Logger.Level?

    init(label: String, output: LogOutput) {
        self.label = label
        self.output = output
    }

    /// The output's level, which may change while the program runs, unless this logger has its own.
    var logLevel: Logger.Level {
        get { ownLevel ?? output.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var pairs = metadata
        if let provided = metadataProvider?.get() { pairs.merge(provided) { _, new in new } }
        if let given = event.metadata { pairs.merge(given) { _, new in new } }
        let sorted = pairs.sorted { $0.key < $1.key }
        let named =
            label.isEmpty ? [] : [(key: "logger", value: Logger.MetadataValue.string(label))]
        output.write(event.level, event.message.description, named + sorted)
    }
}
