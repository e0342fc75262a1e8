//! The onboarding API
