//! What both services share, knowing neither
