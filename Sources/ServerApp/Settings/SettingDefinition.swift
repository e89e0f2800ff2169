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
    /// The text of the value in its place, without secrets; nil when none was given.
    let read: @Sendable (Root) -> String?
    /// Whether two values have the same in its place, secrets included.
    let isSame: @Sendable (Root, Root) -> Bool
    /// A text that is not allowed as it may be shown.
    let redact: @Sendable (String) -> String
    /// What in particular is wrong with such a text, where there is something to say.
    let complaint: @Sendable (String) -> String?

    /// The flag on the command line.
    var flag: String { "--" + flagName }
    /// The flag without its dashes, which is how a configuration provider calls it.
    var flagName: String { String(key.map { $0 == "_" ? "-" : $0 }) }

    /// The problem of a text that is not allowed.
    ///
    /// - Parameter setting: The whole name, where the key is only its end.
    func refusal(
        of text: String, from source: SettingSource, setting: String? = nil
    ) -> SettingsProblem {
        let complaint = complaint(text).map { $0 + "; " } ?? ""
        return SettingsProblem(
            setting: setting ?? key, value: redact(text), source: source,
            advice: "\(complaint)allowed: \(allowed)")
    }
}

extension SettingDefinition {
    /// A setting that always has a value.
    init<Value: Equatable>(
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
            read: { codec.format($0[keyPath: path]) },
            isSame: { $0[keyPath: path] == $1[keyPath: path] }, redact: codec.redact,
            complaint: codec.complaint)
    }

    /// A setting that may be left out, and then means what `defaultInWords` says.
    init<Value: Equatable>(
        _ key: String, optional path: any WritableKeyPath<Root, Value?> & Sendable,
        _ codec: SettingCodec<Value>, aliases: [String] = [], defaultInWords: String,
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
            read: { $0[keyPath: path].map(codec.format) },
            isSame: { $0[keyPath: path] == $1[keyPath: path] }, redact: codec.redact,
            complaint: codec.complaint)
    }
}
