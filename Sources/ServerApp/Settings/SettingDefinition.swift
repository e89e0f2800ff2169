// Owns what is known about one setting: its names, its range, its place in the values.

/// One row of a settings table: how a setting is called everywhere, and where its value goes.
struct SettingDefinition<Root>: Sendable {
    /// The name in the YAML file and in every message, in snake_case.
    let key: String
    /// The environment variables that set it, the project's own first.
    let environment: [String]
    /// What stands for the value in a usage line.
    let placeholder: String
    /// What is allowed, as the end of the sentence "allowed: …".
    let allowed: String
    /// One sentence of help.
    let help: String
    /// The default in words, where its value depends on the machine or on another setting.
    let defaultInWords: String?
    /// Whether a running server takes a new value when it reloads.
    let isReloadable: Bool
    /// Puts the value of a text into its place; false when the text is not allowed.
    let write: @Sendable (inout Root, String) -> Bool
    /// The text of the value in its place; nil when none was given.
    let read: @Sendable (Root) -> String?

    /// The flag on the command line.
    var flag: String { "--" + flagName }
    /// The flag without its dashes, which is how a configuration provider calls it.
    var flagName: String { String(key.map { $0 == "_" ? "-" : $0 }) }
}

extension SettingDefinition {
    /// A setting that always has a value.
    init<Value>(
        _ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable,
        _ codec: SettingCodec<Value>, aliases: [String] = [], defaultInWords: String? = nil,
        isReloadable: Bool = false, help: String
    ) {
        self.init(
            key: key, environment: [SettingsTable.ownVariable(key)] + aliases,
            placeholder: codec.placeholder, allowed: codec.allowed, help: help,
            defaultInWords: defaultInWords, isReloadable: isReloadable,
            write: { root, text in
                guard let value = codec.parse(text) else { return false }
                root[keyPath: path] = value
                return true
            },
            read: { codec.format($0[keyPath: path]) })
    }

    /// A setting that may be left out, and then means what `defaultInWords` says.
    init<Value>(
        _ key: String, optional path: any WritableKeyPath<Root, Value?> & Sendable,
        _ codec: SettingCodec<Value>, defaultInWords: String, isReloadable: Bool = false,
        help: String
    ) {
        self.init(
            key: key, environment: [SettingsTable.ownVariable(key)],
            placeholder: codec.placeholder, allowed: codec.allowed, help: help,
            defaultInWords: defaultInWords, isReloadable: isReloadable,
            write: { root, text in
                guard let value = codec.parse(text) else { return false }
                root[keyPath: path] = value
                return true
            },
            read: { $0[keyPath: path].map(codec.format) })
    }
}
