// Owns what the operator is told when settings are wrong; values.

/// One thing that is wrong with the settings.
package struct SettingsProblem: Sendable, Equatable, CustomStringConvertible {
    /// The setting's name, or the unknown name that was found.
    package let setting: String
    /// The text that was given, when there was one.
    package let value: String?
    /// Where it was given, when it was given in one place.
    package let source: SettingSource?
    /// What is wrong and what to do, as the end of a sentence.
    package let advice: String

    /// One line: the name, the value, where it came from, and what is allowed.
    package var description: String {
        var line = setting
        if let value { line += " = \(LogText.quoted(value))" }
        if let source { line += " (\(source))" }
        return line + ": " + advice
    }
}

/// Everything that is wrong with the settings, found in one pass.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The problems, in the order of the settings table; never empty.
    package let problems: [SettingsProblem]

    /// One line for each problem.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
