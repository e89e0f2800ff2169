// Whether text has colours, and which; values.

import Foundation

/// What a colour means.
package enum Tint: Sendable {
    /// Nothing: the text has none.
    case none
    /// Something to look at.
    case warning
    /// Something that is broken.
    case problem
}

/// How text for people is shown.
package enum TextStyle: Sendable {
    /// Without colours: for pipes and files, and where they are not wanted.
    case plain
    /// With the terminal's own colours.
    case coloured

    /// What standard output takes: colours only on a terminal that has some, and not where
    /// NO_COLOR is set (https://no-color.org).
    package static var ofOutput: TextStyle {
        style(isTerminal: Output.isTerminal, environment: ProcessInfo.processInfo.environment)
    }

    static func style(isTerminal: Bool, environment: [String: String]) -> TextStyle {
        let isUnwanted = environment["NO_COLOR"]?.isEmpty == false
        let terminal = environment["TERM"] ?? "dumb"
        return isTerminal && !isUnwanted && terminal != "dumb" ? .coloured : .plain
    }

    /// The text in a colour, if there are any.
    package func paint(_ text: String, _ tint: Tint) -> String {
        guard self == .coloured else { return text }
        switch tint {
        case .none: return text
        case .warning: return "\u{1B}[33m\(text)\u{1B}[0m"
        case .problem: return "\u{1B}[31m\(text)\u{1B}[0m"
        }
    }
}
